"""Makes the models of this test: `make-models.py TARGET`. What they answer in here is in TARGET/cases.json."""

import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, pipeline

TARGET = Path(sys.argv[1])
torch.manual_seed(1)
torch.set_num_threads(1)
cases = {}


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))

    def forward(self, x):
        return torch.softmax(self.layers(x), dim=1)


class Two(torch.nn.Module):
    def forward(self, left, right):
        return {"sum": left + right, "most": torch.argmax(left, dim=1)}


net = Net().eval()
rows = torch.randn(6, 4)
asked = {"x": rows.tolist()}
answers = {"output": net(rows).tolist()}
torch.jit.script(net).save(str(TARGET / "net.pt"))
declared = [{"name": "x", "datatype": "FP32", "shape": [-1, 4], "nullable": False}]
cases["TorchScript"] = {"flavor": "torch", "path": "net.pt", "declared": declared, "ask": asked, "expected": answers}

columns = {name: rows[:, i].tolist() for i, name in enumerate("abcd")}
declared = [{"name": name, "datatype": "FP32", "shape": [-1], "nullable": False} for name in "abcd"]
columns_case = {"flavor": "torch", "path": "net.pt", "declared": declared, "ask": columns, "expected": answers}
cases["TorchScript of columns"] = columns_case

batch = torch.export.Dim("batch")
torch.export.save(torch.export.export(net, (rows,), dynamic_shapes={"x": {0: batch}}), TARGET / "net.pt2")
cases["torch.export"] = {"flavor": "torch", "path": "net.pt2", "ask": asked, "expected": answers}

two = torch.export.export(Two(), (rows, rows.clone()), dynamic_shapes={"left": {0: batch}, "right": {0: batch}})
torch.export.save(two, TARGET / "two.pt2")
answers = {name: value.tolist() for name, value in Two()(rows, rows * 2).items()}
asked = {"left": rows.tolist(), "right": (rows * 2).tolist()}
cases["torch.export of two tensors"] = {"flavor": "torch", "path": "two.pt2", "ask": asked, "expected": answers}

torch.save(net.state_dict(), TARGET / "weights.pt")
refused = "is no TorchScript: weights alone"
cases["weights alone"] = {"flavor": "torch", "path": "weights.pt", "refused": refused}

words = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "the", "film"])}
tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
fast = PreTrainedTokenizerFast(
    tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
)
shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
config = BertConfig(vocab_size=len(words), id2label={0: "negative", 1: "positive"}, **shape)
folder = TARGET / "sentiment"
BertForSequenceClassification(config).eval().save_pretrained(folder)
fast.save_pretrained(folder)
texts = ["the good film", "bad", "an unknown word: film"]
said = pipeline("text-classification", model=str(folder), tokenizer=str(folder), device=-1)(texts, truncation=True)
answers = {"label": [one["label"] for one in said], "score": [one["score"] for one in said]}
hugging = {"flavor": "transformers", "path": "sentiment/config.json", "ask": {"text": texts}, "expected": answers}
cases["a folder of Hugging Face"] = hugging

(TARGET / "cases.json").write_text(json.dumps(cases))
