"""One module per file format: `write` a cube, `read` its cells back.

What `read` gives is a table with a column for each dimension, and `measure`, `value` (exact
decimal), `sign` and, where the format tells, `is_preliminary`: the rows of
`PublishedCube.to_rows`, in any order.
"""
