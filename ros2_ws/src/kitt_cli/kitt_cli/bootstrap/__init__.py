"""What `./kitt` does before the verb: makes what is missing, with nothing but the standard library."""
