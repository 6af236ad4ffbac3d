"""YAML -> a checked scoring model: `load_model` reads a file, `read_model` a text; what is wrong comes as faults with their places."""

from __future__ import annotations

from streamer.model.faults import Fault, ModelError
from streamer.model.reader import LoadedModel, load_model, read_model
from streamer.model.spec import Model

__all__ = ["Fault", "LoadedModel", "Model", "ModelError", "load_model", "read_model"]
