"""Who to wake: sources, controllers and the dispatch between them."""
