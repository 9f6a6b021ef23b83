"""What the scoring protocol takes, of what ``predict`` is given."""

from typing import Any, Dict

_FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")


def to_scoring_body(inputs: Any) -> Dict[str, Any]:
    """A pandas DataFrame or Series, numpy arrays (also several, by name), lists, or a body of the scoring protocol."""
    if isinstance(inputs, dict) and any(form in inputs for form in _FORMS):
        return {key: _to_json(value) for key, value in inputs.items()}
    if type(inputs).__name__ == "Series" and hasattr(inputs, "to_frame"):
        inputs = inputs.to_frame()
    if type(inputs).__name__ == "DataFrame" and hasattr(inputs, "to_dict"):
        split = inputs.to_dict(orient="split")
        return {"dataframe_split": {"columns": list(split["columns"]), "data": _to_json(split["data"])}}
    if isinstance(inputs, list) and inputs and all(isinstance(row, dict) for row in inputs):
        return {"dataframe_records": _to_json(inputs)}
    return {"inputs": _to_json(inputs)}


def _to_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _to_json(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_json(each) for each in value]
    if isinstance(value, (bytes, bytearray)):
        import base64

        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, float) and value != value:
        return None
    if hasattr(value, "tolist"):  # numpy arrays and scalars
        return _to_json(value.tolist())
    if hasattr(value, "isoformat"):  # datetimes of pandas and Python; NaT is none
        return None if value != value else value.isoformat()
    return value
