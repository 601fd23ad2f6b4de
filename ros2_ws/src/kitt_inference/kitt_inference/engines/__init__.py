"""TensorRT engines: built for one GPU, compared with the reference, kept in the cache. See docs/engines.md."""
