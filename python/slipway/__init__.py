"""What runs inside a model's own Python environment: the model process, and what records a model for it."""
