"""What the results of an evaluation are made of: plots, tables, rows, votes."""
