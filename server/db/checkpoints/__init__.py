"""LangGraph's checkpoint tables: written and read by a saver of our own, copied, thinned out and measured per thread."""
