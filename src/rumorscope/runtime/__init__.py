"""Compiled inference: a detector's towers as networks of OpenVINO or ONNX Runtime, exported and checked."""
