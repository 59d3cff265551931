"""How fast the warehouse is, measured against what people would use instead."""
