# What pydantic and pydantic-settings make of classes, defaults and validators.
# --- configuration_as_class_keywords | starts
from pydantic import BaseModel
class M(BaseModel, extra="ignore", frozen=True):
    a: int = 1
M(a=2, b=3)
# --- foreign_class_keyword | TypeError 2
from pydantic import BaseModel
class M(BaseModel, colour="red"):
    a: int = 1
# --- settings_take_class_keywords | starts
from pydantic_settings import BaseSettings
class S(BaseSettings, env_prefix="APP_", case_sensitive=False):
    a: int = 1
S()
# --- default_of_settings_is_validated | starts
from pydantic_settings import BaseSettings
class S(BaseSettings):
    pool: int = "20"
share = S().pool * 0.95
# --- default_of_settings_is_refused | pydantic_core._pydantic_core.ValidationError 5
from pydantic_settings import BaseSettings
class S(BaseSettings):
    pool: int = "many"

S()
# --- default_of_a_model_is_not_validated | starts
from pydantic import BaseModel
class M(BaseModel):
    pool: int = "many"
assert M().pool == "many"
# --- required_under_an_alias | pydantic_core._pydantic_core.ValidationError 5
from pydantic import Field
from pydantic_settings import BaseSettings
class S(BaseSettings):
    url: str = Field(..., validation_alias="SERVICE_URL")
S()
# --- early_validator_sees_earlier_fields | starts
from typing import Any
from pydantic import ValidationInfo, field_validator
from pydantic_settings import BaseSettings
class S(BaseSettings):
    host: str = "db"
    url: str = ""
    @field_validator("url", mode="before")
    @classmethod
    def join(cls, value: Any, info: ValidationInfo) -> Any:
        return value or "postgresql://" + info.data["host"]
assert S().url == "postgresql://db"
# --- early_validator_refuses | pydantic_core._pydantic_core.ValidationError 13
from typing import Any
from pydantic import ValidationInfo, field_validator
from pydantic_settings import BaseSettings
class S(BaseSettings):
    host: str
    url: str | None = None
    @field_validator("url", mode="before")
    @classmethod
    def join(cls, value: Any, info: ValidationInfo) -> Any:
        if not info.data.get("host"):
            raise ValueError("no host")
        return value
S()
# --- late_validator_builds_a_url | pydantic_core._pydantic_core.ValidationError 12
from pydantic import PostgresDsn, ValidationInfo, field_validator
from pydantic_settings import BaseSettings
class S(BaseSettings):
    host: str | None = None
    url: PostgresDsn | str = ""
    @field_validator("url", mode="after")
    def join(cls, value: str | None, info: ValidationInfo):
        if value == "":
            return PostgresDsn.build(scheme="postgresql+asyncpg", host=info.data.get("host"))
        return value

S()
# --- what_instances_carry | starts
from pydantic import BaseModel
class M(BaseModel):
    a: int = 1
M().model_copy(update={"a": 2})
M().model_dump()
M.model_json_schema()["properties"]
M.__pydantic_validator__.validate_python({})
M.__pydantic_core_schema__["type"]
# --- model_validator_sees_the_input_first | pydantic_core._pydantic_core.ValidationError 13
from pydantic import model_validator
from pydantic_settings import BaseSettings
class S(BaseSettings):
    secret: str
    host: str | None = None
    @model_validator(mode="before")
    @classmethod
    def split(cls, values):
        if values.get("url") is not None:
            values["host"] = values["url"]
        return values

S()
# --- model_validator_fills_the_input | starts
from pydantic import BaseModel, model_validator
class M(BaseModel):
    host: str
    @model_validator(mode="before")
    @classmethod
    def fill(cls, values):
        return {"host": "db", **values}
assert M().host == "db"
