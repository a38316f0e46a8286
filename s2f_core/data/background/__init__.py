"""Background removal. The union is the registry of matting models."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from s2f_core.data.background.rembg_models import Rembg
from s2f_core.data.background.selfie import Selfie

Background = Annotated[Rembg | Selfie, Field(discriminator="model")]
