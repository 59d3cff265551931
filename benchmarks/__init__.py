"""How long the warehouse's steps take, and its facts beside the same in polars."""
