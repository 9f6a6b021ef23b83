"""Columns of a request as the frameworks take them, and their answers as columns."""
