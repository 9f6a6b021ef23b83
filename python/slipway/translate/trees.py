"""Ensembles of decision trees as they decide, whatever library trained them, and their nodes of ONNX."""

from typing import Any, List, Optional, Tuple

import numpy as np


class Ensemble:
    """Trees whose splits go to the true side where x <= threshold, and whose leaves add weights to targets.

    A leaf is a row of `weights`. Children are numbers of nodes, or ~leaf where they are negative.
    """

    def __init__(self, targets: int, dtype: Any = np.float64) -> None:
        self.targets = targets
        self.dtype = dtype
        self.roots: List[int] = []
        self.features: List[np.ndarray] = []
        self.thresholds: List[np.ndarray] = []
        self.true: List[np.ndarray] = []
        self.false: List[np.ndarray] = []
        self.missing: List[np.ndarray] = []
        self.leaf_targets: List[np.ndarray] = []
        self.weights: List[np.ndarray] = []
        self._nodes = 0
        self._leaves = 0

    def add(
        self,
        left: np.ndarray,
        right: np.ndarray,
        feature: np.ndarray,
        threshold: np.ndarray,
        missing_left: np.ndarray,
        weights: np.ndarray,
        target: Optional[int] = None,
    ) -> None:
        """One tree as arrays over all of its nodes, the root first; leaves have `left` < 0.

        `weights` is [nodes] for the one `target`, or [nodes, targets].
        """
        is_leaf = left < 0
        leaf_at = np.cumsum(is_leaf) - 1 + self._leaves
        node_at = np.cumsum(~is_leaf) - 1 + self._nodes
        place = np.where(is_leaf, ~leaf_at, node_at)
        inner = ~is_leaf
        if not inner.any():
            # A node that goes to the same leaf either way: an ensemble has no trees without a split.
            self._append([0], [0.0], [~self._leaves], [~self._leaves], [False])
        else:
            self._append(feature[inner], threshold[inner], place[left[inner]], place[right[inner]], missing_left[inner])
        self.weights.append(np.asarray(weights, dtype=self.dtype)[is_leaf])
        self.leaf_targets.append(np.full(int(is_leaf.sum()), -1 if target is None else target))
        self._leaves += int(is_leaf.sum())

    def _append(self, feature: Any, threshold: Any, true: Any, false: Any, missing: Any) -> None:
        self.roots.append(self._nodes)
        self.features.append(np.asarray(feature, dtype=np.int64))
        self.thresholds.append(np.asarray(threshold, dtype=self.dtype))
        self.true.append(np.asarray(true, dtype=np.int64))
        self.false.append(np.asarray(false, dtype=np.int64))
        self.missing.append(np.asarray(missing, dtype=np.int64))
        self._nodes += len(self.features[-1])

    @property
    def is_shared(self) -> bool:
        """Whether a leaf has a weight for each target."""
        return bool(self.weights) and self.weights[0].ndim == 2

    def to_node(self) -> Tuple[str, int, dict]:
        """Name, version and attributes of the operator of the domain ai.onnx.ml that sums up the leaves."""
        return self._shared() if self.is_shared else self._single()

    def _single(self) -> Tuple[str, int, dict]:
        true, false = np.concatenate(self.true), np.concatenate(self.false)
        splits = np.concatenate(self.thresholds)
        return (
            "TreeEnsemble",
            5,
            {
                "tree_roots": self.roots,
                "nodes_featureids": np.concatenate(self.features).tolist(),
                "nodes_splits": tensor("nodes_splits", splits),
                "nodes_modes": tensor("nodes_modes", np.zeros(len(splits), dtype=np.uint8)),
                "nodes_truenodeids": np.where(true < 0, ~true, true).tolist(),
                "nodes_trueleafs": (true < 0).astype(np.int64).tolist(),
                "nodes_falsenodeids": np.where(false < 0, ~false, false).tolist(),
                "nodes_falseleafs": (false < 0).astype(np.int64).tolist(),
                "nodes_missing_value_tracks_true": np.concatenate(self.missing).tolist(),
                "leaf_targetids": np.concatenate(self.leaf_targets).tolist(),
                "leaf_weights": tensor("leaf_weights", np.concatenate(self.weights)),
                "n_targets": self.targets,
                "aggregate_function": 1,
                "post_transform": 0,
            },
        )

    def _shared(self) -> Tuple[str, int, dict]:
        trees, ids, modes, true, false, features, splits, missing = [], [], [], [], [], [], [], []
        leaf_trees, leaf_ids = [], []
        first_node, first_leaf = 0, 0
        for tree, feature in enumerate(self.features):
            nodes, leaves = len(feature), len(self.weights[tree])

            def local(children: np.ndarray) -> np.ndarray:
                return np.where(children < 0, ~children - first_leaf + nodes, children - first_node)

            trees.append(np.full(nodes + leaves, tree))
            ids.append(np.arange(nodes + leaves))
            modes += ["BRANCH_LEQ"] * nodes + ["LEAF"] * leaves
            pad = np.zeros(leaves, dtype=np.int64)
            true.append(np.concatenate([local(self.true[tree]), pad]))
            false.append(np.concatenate([local(self.false[tree]), pad]))
            features.append(np.concatenate([feature, pad]))
            splits.append(np.concatenate([self.thresholds[tree], pad.astype(self.dtype)]))
            missing.append(np.concatenate([self.missing[tree], pad]))
            leaf_trees.append(np.repeat(np.full(leaves, tree), self.targets))
            leaf_ids.append(np.repeat(np.arange(nodes, nodes + leaves), self.targets))
            first_node += nodes
            first_leaf += leaves
        weights = np.concatenate(self.weights)
        return (
            "TreeEnsembleRegressor",
            3,
            {
                "nodes_treeids": np.concatenate(trees).tolist(),
                "nodes_nodeids": np.concatenate(ids).tolist(),
                "nodes_modes": modes,
                "nodes_truenodeids": np.concatenate(true).tolist(),
                "nodes_falsenodeids": np.concatenate(false).tolist(),
                "nodes_featureids": np.concatenate(features).tolist(),
                "nodes_values_as_tensor": tensor("nodes_values", np.concatenate(splits)),
                "nodes_missing_value_tracks_true": np.concatenate(missing).tolist(),
                "target_treeids": np.concatenate(leaf_trees).tolist(),
                "target_nodeids": np.concatenate(leaf_ids).tolist(),
                "target_ids": np.tile(np.arange(self.targets), len(weights)).tolist(),
                "target_weights_as_tensor": tensor("target_weights", weights.ravel()),
                "n_targets": self.targets,
                "aggregate_function": "SUM",
                "post_transform": "NONE",
            },
        )


def tensor(name: str, values: np.ndarray) -> Any:
    """An attribute of ONNX."""
    from onnx import numpy_helper

    return numpy_helper.from_array(np.ascontiguousarray(values), name)


def switch_points(thresholds: np.ndarray) -> np.ndarray:
    """For each double t the largest double s such that float32(x) <= t just where x <= s.

    Rounding to the nearest, ties to even, is monotonic: with f the largest float32 <= t, x rounds to f or less up to the
    point half way to the next float32, and at that point itself where the last bit of f is 0.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        single = thresholds.astype(np.float32)
        below = np.nextafter(single, np.float32(-np.inf))
        floor = np.where(single.astype(np.float64) > thresholds, below, single)
        after = np.nextafter(floor, np.float32(np.inf))
        half = (floor.astype(np.float64) + after.astype(np.float64)) / 2
        is_even = (floor.view(np.int32) & 1) == 0
        # Negative zero and zero are neighbours in bits only.
        points = np.where(is_even, half, np.nextafter(half, -np.inf))
        return np.where(np.isfinite(after), points, thresholds)
