"""`Pipeline`: rate adapter, signal steps, task, model and scalers as one thing."""

from gaitcast.pipeline.fitted import PIPELINE_FILES, Fitted, make_step
from gaitcast.pipeline.forecasts import Forecasts
from gaitcast.pipeline.pipeline import Pipeline

__all__ = ["PIPELINE_FILES", "Fitted", "Forecasts", "Pipeline", "make_step"]
