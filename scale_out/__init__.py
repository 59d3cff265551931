"""The way past one machine, proven small: docs/scale-out.md."""
