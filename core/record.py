"""The base of everything that is stored."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """What is stored: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
