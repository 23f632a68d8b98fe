# What the declarative scan, columns and tables refuse when a class is made, and what they take.
# --- metadata_reserved | sqlalchemy.exc.InvalidRequestError 3
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    metadata: Mapped[str]
# --- metadata_reserved_column | sqlalchemy.exc.InvalidRequestError 4
from sqlalchemy import Column, Integer, JSON
from sqlalchemy.orm import declarative_base
B = declarative_base()
class U(B):
    __tablename__ = "u"
    id = Column(Integer, primary_key=True)
    metadata = Column(JSON)
# --- unmapped_rel_list | sqlalchemy.orm.exc.MappedAnnotationError 3
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps: list["P"] = relationship("P")
# --- unmapped_rel_str | sqlalchemy.orm.exc.MappedAnnotationError 3
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p: "P" = relationship()
# --- unmapped_plain_annotation | sqlalchemy.orm.exc.MappedAnnotationError 3
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    note: str
# --- unmapped_classvar | starts
from typing import ClassVar
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    note: ClassVar[str] = "x"
    other: ClassVar[int]
# --- unmapped_value | sqlalchemy.orm.exc.MappedAnnotationError 3
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    note: str = "x"
    none: str = None
# --- unmapped_allow | starts
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class B(DeclarativeBase):
    __allow_unmapped__ = True
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    note: str
    ps: list["P"] = relationship("P")
# --- unmapped_column_annotated | starts
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import DeclarativeBase
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: int = Column(Integer, primary_key=True)
    name: str = Column(String)
# --- unmapped_mixin_column | sqlalchemy.orm.exc.MappedAnnotationError 6
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import DeclarativeBase
class B(DeclarativeBase): pass
class M:
    id: int = Column(Integer, primary_key=True)
class U(M, B):
    __tablename__ = "u"
    name: str = Column(String)
# --- mixin_plain_annotation | starts
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase):
    note: str
class M:
    x: int
    id: Mapped[int] = mapped_column(primary_key=True)
class U(M, B):
    __tablename__ = "u"
# --- mixin_relationship | sqlalchemy.exc.InvalidRequestError 5
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class B(DeclarativeBase): pass
class M:
    ps = relationship("P")
class U(M, B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
# --- mapped_dict | sqlalchemy.orm.exc.MappedAnnotationError 3
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[dict]
# --- mapped_dict_any | sqlalchemy.orm.exc.MappedAnnotationError 4
from typing import Any, Dict, Optional
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[Optional[Dict[str, Any]]] = mapped_column(nullable=True)
# --- mapped_dict_pipe_none | sqlalchemy.orm.exc.MappedAnnotationError 4
from typing import Any
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[dict[str, Any] | None]
# --- mapped_union | sqlalchemy.orm.exc.MappedAnnotationError 3
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int | str]
# --- mapped_any | sqlalchemy.orm.exc.MappedAnnotationError 4
from typing import Any
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[Any]
# --- mapped_list_forward | NameError 3
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps: Mapped[list["P"]]
# --- mapped_forward_no_relationship | sqlalchemy.orm.exc.MappedAnnotationError 3
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p: Mapped["P"]
# --- mapped_class_no_relationship | sqlalchemy.orm.exc.MappedAnnotationError 6
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p: Mapped[P]
# --- mapped_sa_type | sqlalchemy.orm.exc.MappedAnnotationError 4
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[String]
# --- mapped_json_type_given | starts
from sqlalchemy import JSON
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[dict] = mapped_column(JSON)
    m: Mapped[list[int]] = mapped_column(JSON, nullable=False)
# --- mapped_type_map | starts
from typing import Any
from sqlalchemy import JSON
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase):
    type_annotation_map = {dict[str, Any]: JSON, list: JSON}
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[dict[str, Any]]
    m: Mapped[list]
# --- mapped_type_map_misses | sqlalchemy.orm.exc.MappedAnnotationError 6 | may miss
from typing import Any
from sqlalchemy import JSON
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase):
    type_annotation_map = {dict[str, Any]: JSON}
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[dict]
# --- mapped_known_types | starts
import datetime, decimal, enum, uuid
from typing import Optional, Literal, NewType, Annotated
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class E(enum.Enum):
    a = 1
class S(str, enum.Enum):
    a = "a"
N = NewType("N", str)
str50 = Annotated[str, 50]
pk = Annotated[int, mapped_column(primary_key=True)]
class B(DeclarativeBase):
    type_annotation_map = {str50: String(50)}
class U(B):
    __tablename__ = "u"
    id: Mapped[pk]
    a: Mapped[datetime.datetime]
    b: Mapped[datetime.date | None]
    c: Mapped[decimal.Decimal]
    d: Mapped[E]
    e: Mapped[Optional[S]]
    f: Mapped[uuid.UUID]
    g: Mapped[bytes]
    h: Mapped[Literal["a", "b"]]
    j: Mapped[str50]
    k: Mapped[float]
    l: Mapped[datetime.timedelta]
    m: Mapped[bool]
# --- mapped_pydantic | sqlalchemy.orm.exc.MappedAnnotationError 6
from pydantic import BaseModel, EmailStr
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class A(BaseModel):
    x: int
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    i: Mapped[A]
# --- future_mapped_dict | sqlalchemy.orm.exc.MappedAnnotationError 4
from __future__ import annotations
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[dict]
# --- future_unmapped | sqlalchemy.orm.exc.MappedAnnotationError 4
from __future__ import annotations
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: str
# --- future_name_missing | sqlalchemy.orm.exc.MappedAnnotationError 4
from __future__ import annotations
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[datetime]
# --- future_type_checking_name | sqlalchemy.orm.exc.MappedAnnotationError 7
from __future__ import annotations
from typing import TYPE_CHECKING
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
if TYPE_CHECKING:
    from datetime import datetime
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[datetime] = mapped_column()
# --- future_mapped_missing | sqlalchemy.orm.exc.MappedAnnotationError 4
from __future__ import annotations
from sqlalchemy.orm import DeclarativeBase, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
# --- future_rel_ok | starts
from __future__ import annotations
from typing import List, Optional
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps: Mapped[List[P]] = relationship(back_populates="u")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[Optional[int]] = mapped_column(ForeignKey("u.id"))
    u: Mapped[Optional[U]] = relationship(back_populates="ps")
configure_mappers()
# --- no_pk | sqlalchemy.exc.ArgumentError 3
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int]
# --- no_pk_classic | sqlalchemy.exc.ArgumentError 4
from sqlalchemy import Column, Integer
from sqlalchemy.orm import declarative_base
B = declarative_base()
class U(B):
    __tablename__ = "u"
    id = Column(Integer)
# --- no_columns | sqlalchemy.exc.ArgumentError 3
from sqlalchemy.orm import DeclarativeBase
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
# --- no_tablename | sqlalchemy.exc.InvalidRequestError 3
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    id: Mapped[int] = mapped_column(primary_key=True)
# --- typo_tablename | sqlalchemy.exc.InvalidRequestError 3
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __table_name__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
# --- pk_constraint | starts
from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    a: Mapped[int]
    b: Mapped[int]
    __table_args__ = (PrimaryKeyConstraint("a", "b"),)
# --- unique_typo | sqlalchemy.exc.ConstraintColumnNotFoundError 4
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    a: Mapped[int] = mapped_column(primary_key=True)
    __table_args__ = (UniqueConstraint("a", "nope"),)
# --- index_typo | sqlalchemy.exc.ConstraintColumnNotFoundError 4
from sqlalchemy import Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    a: Mapped[int] = mapped_column(primary_key=True)
    __table_args__ = (Index("ix", "nope"),)
# --- unique_ok | starts
from sqlalchemy import UniqueConstraint, Index, CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    a: Mapped[int] = mapped_column(primary_key=True)
    b: Mapped[int] = mapped_column("bcol")
    __table_args__ = (UniqueConstraint("a", "bcol", name="uq"), Index("ix", "bcol"), CheckConstraint("a > 0"), {"schema": "x"})
# --- unique_attr_not_column | sqlalchemy.exc.ConstraintColumnNotFoundError 4
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    a: Mapped[int] = mapped_column(primary_key=True)
    b: Mapped[int] = mapped_column("bcol")
    __table_args__ = (UniqueConstraint("b", name="uq"),)
# --- table_args_not_tuple | sqlalchemy.exc.ArgumentError 4
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    a: Mapped[int] = mapped_column(primary_key=True)
    __table_args__ = (UniqueConstraint("a"))
# --- table_args_list | sqlalchemy.exc.ArgumentError 4
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    a: Mapped[int] = mapped_column(primary_key=True)
    __table_args__ = [UniqueConstraint("a")]
# --- fkc_mismatch | sqlalchemy.exc.ArgumentError 7
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    a: Mapped[int] = mapped_column(primary_key=True)
    __table_args__ = (ForeignKeyConstraint(["a"], ["x.id", "x.b"]),)
# --- rel_before_table_twice | sqlalchemy.exc.InvalidRequestError 6
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
class V(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
# --- column_bad_kw | TypeError 2
from sqlalchemy import Column, Integer
Column(Integer, primarykey=True)
# --- column_bad_kw2 | starts
from sqlalchemy import Column, Integer
Column(Integer, primary_keys=True)
# --- mapped_column_bad_kw | TypeError 2
from sqlalchemy.orm import mapped_column
mapped_column(primarykey=True)
# --- column_second_type | sqlalchemy.exc.ArgumentError 2
from sqlalchemy import Column, Integer
Column("a", Integer, Integer)
# --- column_positional_str | sqlalchemy.exc.ArgumentError 2
from sqlalchemy import Column, String
Column(String, "x")
# --- column_positional_none | starts
from sqlalchemy import Column, String
Column(String, None)
# --- column_type_called_bad | TypeError 2
from sqlalchemy import Column, Integer
Column(Integer(11))
# --- column_python_type | sqlalchemy.exc.ArgumentError 2
from sqlalchemy import Column
Column(int)
# --- column_python_type_named | sqlalchemy.exc.ArgumentError 2
from sqlalchemy import Column
Column("x", str)
# --- mapped_column_python_type | sqlalchemy.exc.ArgumentError 2
from sqlalchemy.orm import mapped_column
mapped_column(int)
# --- column_fk_ok | starts
from sqlalchemy import Column, ForeignKey, Sequence, Identity, Computed, func, text
Column(ForeignKey("a.b"), primary_key=True)
Column("x", ForeignKey("a.b"), server_default=text("x"), onupdate=func.now())
Column("x", None, ForeignKey("a.b"))
# --- column_default_positional | sqlalchemy.exc.ArgumentError 2
from sqlalchemy import Column, Integer
Column(Integer, 5)
# --- column_server_default_int | sqlalchemy.exc.ArgumentError 2
from sqlalchemy import Column, Integer
Column(Integer, server_default=5)
# --- column_server_default_bool | sqlalchemy.exc.ArgumentError 2
from sqlalchemy import Column, Boolean
Column(Boolean, server_default=False)
# --- string_bad | TypeError 2
from sqlalchemy import String
String(length=5, foo=1)
# --- enum_bad | starts
from sqlalchemy import Enum
Enum("a", "b", foo=1)
# --- foreign_key_bad | starts
from sqlalchemy import ForeignKey, Column, Integer
Column(Integer, ForeignKey("a.b", on_delete="CASCADE"))
# --- foreign_key_no_dot | starts
from sqlalchemy import ForeignKey, Column, Integer
Column(Integer, ForeignKey("users"))
# --- foreign_key_class | sqlalchemy.exc.ArgumentError 10
from sqlalchemy import ForeignKey, Column, Integer
from sqlalchemy.orm import declarative_base
B = declarative_base()
class U(B):
    __tablename__ = "u"
    id = Column(Integer, primary_key=True)
class V(B):
    __tablename__ = "v"
    id = Column(Integer, primary_key=True)
    u = Column(Integer, ForeignKey(U))
# --- foreign_key_attr | starts
from sqlalchemy import ForeignKey, Column, Integer
from sqlalchemy.orm import declarative_base, configure_mappers, relationship
B = declarative_base()
class U(B):
    __tablename__ = "u"
    id = Column(Integer, primary_key=True)
class V(B):
    __tablename__ = "v"
    id = Column(Integer, primary_key=True)
    uid = Column(Integer, ForeignKey(U.id))
    u = relationship(U)
configure_mappers()
# --- relationship_bad_kw | TypeError 2
from sqlalchemy.orm import relationship
relationship("P", back_populate="x")
# --- relationship_bad_cascade | sqlalchemy.exc.ArgumentError 2
from sqlalchemy.orm import relationship
relationship("P", cascade="all, delete-orphans")
# --- relationship_bad_cascade2 | sqlalchemy.exc.ArgumentError 2
from sqlalchemy.orm import relationship
relationship("P", cascade="all; delete-orphan")
# --- relationship_both | sqlalchemy.exc.ArgumentError 2
from sqlalchemy.orm import relationship
relationship("P", back_populates="x", backref="y")
# --- relationship_lazy_bad | sqlalchemy.orm.exc.LoaderStrategyException 12
from sqlalchemy.orm import relationship, DeclarativeBase, Mapped, mapped_column, configure_mappers
from sqlalchemy import ForeignKey
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    pid = mapped_column(ForeignKey("p.id"))
    p = relationship("P", lazy="eager")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
configure_mappers()
# --- rel_no_argument | sqlalchemy.exc.ArgumentError 3
from sqlalchemy.orm import relationship, DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship()
# --- mapped_column_no_type | sqlalchemy.exc.ArgumentError 3
from sqlalchemy.orm import relationship, DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = mapped_column()
# --- mapped_column_no_type_fk | starts
from sqlalchemy import ForeignKey
from sqlalchemy.orm import relationship, DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = mapped_column(ForeignKey("x.id"))
# --- orm_default_without_dataclass | sqlalchemy.orm.exc.MappedAnnotationError 3
from sqlalchemy.orm import relationship, DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p: Mapped[list] = mapped_column(default_factory=list)
# --- orm_init_without_dataclass | sqlalchemy.exc.ArgumentError 3
from sqlalchemy.orm import relationship, DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True, init=False)
# --- base_direct | sqlalchemy.exc.InvalidRequestError 2
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class U(DeclarativeBase):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
# --- mapped_not_generic | sqlalchemy.orm.exc.MappedAnnotationError 3
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped = mapped_column(primary_key=True)
# --- trailing_comma | sqlalchemy.exc.ArgumentError 4
from sqlalchemy import Column, Integer
from sqlalchemy.orm import declarative_base
B = declarative_base()
class U(B):
    __tablename__ = "u"
    id = Column(Integer, primary_key=True),
# --- column_not_called | starts
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base
B = declarative_base()
class U(B):
    __tablename__ = "u"
    id = Column(Integer, primary_key=True)
    n = Column(String, unique=True, index=True)
    m = Integer
# --- registry_attr | starts
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    registry: Mapped[str]
