"""DMA engine: four channels with descriptor rings, address windows, a drain before anything is taken away."""
