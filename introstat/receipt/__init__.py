"""Receipt: a delivery is checked as files, its identity numbers replaced, a copy kept for ever."""
