"""Training data -> the reading model: examples, network, training, export, and the model card's figures."""
