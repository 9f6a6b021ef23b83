"""The model process: frames on a socket, one model, one run at a time. docs/reference/model-process.md is the protocol."""
