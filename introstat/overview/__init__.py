"""The national overview of completeness: one page, for internal use."""
