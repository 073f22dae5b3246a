"""Pretrained towers: texts → tokens, pictures → regions at several scales."""
