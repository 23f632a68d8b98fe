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
# --- list_items | pydantic_core._pydantic_core.ValidationError 5
from typing import List, Optional, Union
from pydantic import BaseModel
class A(BaseModel):
    x: List[int]
A(x=[1,"a",None])
# --- dict_of_models | pydantic_core._pydantic_core.ValidationError 7
from typing import Dict
from pydantic import BaseModel
class P(BaseModel):
    n: int
class A(BaseModel):
    x: Dict[str, P]
A(x={"a":{"n":1},"b":{"n":"z"},"c":3})
# --- union_of_numbers | pydantic_core._pydantic_core.ValidationError 5
from typing import Union
from pydantic import BaseModel
class A(BaseModel):
    x: Union[int, float]
A(x="q")
# --- union_takes_list | pydantic_core._pydantic_core.ValidationError 7
from typing import Union, List
from pydantic import BaseModel
class A(BaseModel):
    x: Union[int, List[int]]
a=A(x=[1,"2"])
assert a.x==[1,2]
A(x=["w"])
# --- nested_after_validator | pydantic_core._pydantic_core.ValidationError 11
from pydantic import BaseModel, model_validator
class P(BaseModel):
    a: int
    b: int
    @model_validator(mode="after")
    def check(self):
        if self.a>self.b: raise ValueError("a>b")
        return self
class Q(BaseModel):
    ps: list[P]
Q(ps=[{"a":1,"b":2},{"a":3,"b":2}])
# --- model_before_refuses | pydantic_core._pydantic_core.ValidationError 9
from pydantic import BaseModel, model_validator
class P(BaseModel):
    a: int
    @model_validator(mode="before")
    @classmethod
    def check(cls, data):
        if "b" in data: raise ValueError("no b")
        return data
P(a=1,b=2)
# --- old_root_validator | pydantic_core._pydantic_core.ValidationError 9
from pydantic import BaseModel, root_validator
class P(BaseModel):
    a: int
    b: int = 0
    @root_validator(skip_on_failure=True)
    def check(cls, values):
        if values["a"]>values["b"]: raise ValueError("too big")
        return values
P(a=1)
# --- enum_none | pydantic_core._pydantic_core.ValidationError 8
from enum import Enum
from pydantic import BaseModel
class C(Enum):
    A=1
    B="x"
class P(BaseModel):
    c: C
P(c=None)
# --- int_enum | pydantic_core._pydantic_core.ValidationError 9
from enum import IntEnum
from pydantic import BaseModel
class C(IntEnum):
    A=1
    B=2
class P(BaseModel):
    c: C
assert P(c=2).c is C.B
P(c=3)
# --- functional_validators | pydantic_core._pydantic_core.ValidationError 10
from typing import Annotated
from pydantic import BaseModel, AfterValidator, BeforeValidator
def up(v): return v.upper()
def odd(v):
    if v != "AB": raise ValueError("not AB")
    return v
class P(BaseModel):
    c: Annotated[str, AfterValidator(up), AfterValidator(odd)]
P(c="ab")
P(c="abc")
# --- old_validator_always | TypeError 10
from pydantic import BaseModel, validator
from typing import Optional
class P(BaseModel):
    a: str
    b: Optional[str] = None
    @validator("b", pre=True, always=True)
    def mk(cls, v, values):
        return v or values["a"] + "!"
assert P(a="x").b=="x!"
P(a="y").b + 1
# --- plain_types_get_containers | pydantic_core._pydantic_core.ValidationError 7
from pydantic import BaseModel
class A(BaseModel):
    x: int
    y: str
    z: bool
    w: float
A(x=[1], y={}, z=[], w=())
# --- sets | pydantic_core._pydantic_core.ValidationError 5
from pydantic import BaseModel
class A(BaseModel):
    x: set[int]
assert A(x=[1,1]).x=={1}
A(x={"a":1})
# --- union_with_literal | pydantic_core._pydantic_core.ValidationError 5
from typing import Literal, Union
from pydantic import BaseModel
class A(BaseModel):
    x: Union[Literal["a","b"], int]
A(x="c")
