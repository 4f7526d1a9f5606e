"""A model of one's own from a labelled sheet: split, fit, fold into a graph, and say how good it is."""
