"""What the bits mean: access semantics, SystemRDL import, images, typed registers."""
