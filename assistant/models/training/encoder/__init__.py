"""Training data -> the multilingual encoder: vocabulary, examples, network, training, export, figures."""
