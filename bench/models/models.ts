import {
  encodeModel,
  makeWeights,
  type Node,
  type Weights,
} from "../../packages/runtime/src/onnx/testing/write-model.ts";

// The models of the benchmarks. They answer nothing of use; what counts is how much they compute, and that every peer and
// every machine gets the same bytes.

/** A multi-layer perceptron: `x` [N, widths[0]] -> `probabilities` [N, last width], ReLU between its layers. */
function makeMlp(widths: readonly number[]): Buffer {
  const nodes: Node[] = [];
  const weights: Weights[] = [];
  let from = "x";
  for (let layer = 1; layer < widths.length; layer++) {
    const [fanIn, width] = [widths[layer - 1]!, widths[layer]!];
    const [w, b, sum] = [`w${layer}`, `b${layer}`, `sum${layer}`];
    weights.push(makeWeights(w, [fanIn, width], { seed: layer, fanIn }));
    weights.push(makeWeights(b, [width], { seed: 100 + layer, fanIn: 600 }));
    nodes.push({ type: "Gemm", inputs: [from, w, b], outputs: [sum] });
    const last = layer === widths.length - 1;
    from = last ? "probabilities" : `out${layer}`;
    nodes.push({ type: last ? "Softmax" : "Relu", inputs: [sum], outputs: [from] });
  }
  return encodeModel({
    inputs: [{ name: "x", shape: [null, widths[0]!] }],
    outputs: [{ name: "probabilities", shape: [null, widths.at(-1)!] }],
    nodes,
    weights,
  });
}

/** An image classifier of three convolutions: `image` [N, 3, 64, 64] -> `probabilities` [N, 10]. */
function makeConvolution(): Buffer {
  const channels = [3, 32, 64, 128];
  const nodes: Node[] = [];
  const weights: Weights[] = [];
  let from = "image";
  for (let layer = 1; layer < channels.length; layer++) {
    const [fanIn, width] = [channels[layer - 1]! * 9, channels[layer]!];
    const [w, b] = [`w${layer}`, `b${layer}`];
    weights.push(makeWeights(w, [width, channels[layer - 1]!, 3, 3], { seed: layer, fanIn }));
    weights.push(makeWeights(b, [width], { seed: 100 + layer, fanIn: 600 }));
    const attributes = {
      kernel_shape: [3, 3],
      pads: [1, 1, 1, 1],
      strides: [layer === 1 ? 1 : 2, layer === 1 ? 1 : 2],
    };
    nodes.push({ type: "Conv", inputs: [from, w, b], outputs: [`conv${layer}`], attributes });
    nodes.push({ type: "Relu", inputs: [`conv${layer}`], outputs: [`out${layer}`] });
    from = `out${layer}`;
  }
  weights.push(makeWeights("w", [channels.at(-1)!, 10], { seed: 9, fanIn: channels.at(-1)! }));
  weights.push(makeWeights("b", [10], { seed: 109, fanIn: 600 }));
  nodes.push(
    { type: "GlobalAveragePool", inputs: [from], outputs: ["pooled"] },
    { type: "Flatten", inputs: ["pooled"], outputs: ["flat"] },
    { type: "Gemm", inputs: ["flat", "w", "b"], outputs: ["sum"] },
    { type: "Softmax", inputs: ["sum"], outputs: ["probabilities"] },
  );
  return encodeModel({
    inputs: [{ name: "image", shape: [null, 3, 64, 64] }],
    outputs: [{ name: "probabilities", shape: [null, 10] }],
    nodes,
    weights,
  });
}

/** By the name that the benchmarks use. */
export const benchModels = {
  mlp: () => makeMlp([128, 512, 512, 10]),
  convolution: makeConvolution,
  /** 40 MB of weights, to be loaded and unloaded. */
  large: () => makeMlp([1024, 2048, 2048, 2048, 10]),
} as const;
