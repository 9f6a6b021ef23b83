"""One module a format: `load(source)` opens a file or folder and makes a `Model` of it. Loaded when they are needed."""
