# Table models and their relationships.
# --- sm_no_pk | sqlalchemy.exc.ArgumentError 2
from sqlmodel import SQLModel, Field
class T(SQLModel, table=True):
    n: str
# --- sm_pk_ok | starts
from typing import Optional
from sqlmodel import SQLModel, Field, Relationship
class Base(SQLModel):
    n: str = Field(index=True)
class T(Base, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
class TRead(Base):
    id: int
class TCreate(Base):
    pass
# --- sm_column_reuse | sqlalchemy.exc.ArgumentError 8
from typing import Optional
from sqlalchemy import Column, String
from sqlmodel import SQLModel, Field
class Base(SQLModel):
    n: str = Field(sa_column=Column(String))
class A(Base, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
class C(Base, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
# --- sm_fk_wrong_table | sqlalchemy.exc.NoReferencedTableError 6
from typing import Optional
from sqlmodel import SQLModel, Field, create_engine
class P(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    uid: int = Field(foreign_key="users.id")
SQLModel.metadata.create_all(create_engine("sqlite://"))
# --- sm_future | sqlalchemy.exc.InvalidRequestError 11
from __future__ import annotations
from typing import Optional, List
from sqlmodel import SQLModel, Field, Relationship
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    ps: List["P"] = Relationship(back_populates="t")
class P(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    tid: Optional[int] = Field(default=None, foreign_key="t.id")
    t: Optional[T] = Relationship(back_populates="ps")
T()
# --- sm_rel_ok | starts
from typing import Optional, List
from sqlmodel import SQLModel, Field, Relationship, create_engine, Session, select
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    ps: List["P"] = Relationship(back_populates="t")
class P(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    tid: Optional[int] = Field(default=None, foreign_key="t.id")
    t: Optional[T] = Relationship(back_populates="ps")
e = create_engine("sqlite://")
SQLModel.metadata.create_all(e)
T(ps=[P()])
with Session(e) as s:
    s.exec(select(T)).all()
# --- sm_rel_target_missing | sqlalchemy.exc.InvalidRequestError 6
from typing import Optional, List
from sqlmodel import SQLModel, Field, Relationship
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    ps: List["Q"] = Relationship(back_populates="t")
T()
# --- sm_back_missing | sqlalchemy.exc.InvalidRequestError 9
from typing import Optional, List
from sqlmodel import SQLModel, Field, Relationship
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    ps: List["P"] = Relationship(back_populates="team")
class P(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    tid: Optional[int] = Field(default=None, foreign_key="t.id")
P()
# --- sm_no_fk | sqlalchemy.exc.NoForeignKeysError 10
from typing import Optional, List
from sqlmodel import SQLModel, Field, Relationship
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    ps: List["P"] = Relationship(back_populates="t")
class P(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    tid: Optional[int] = None
    t: Optional[T] = Relationship(back_populates="ps")
P(id=1)
# --- sm_link_ok | starts
from typing import Optional, List
from sqlmodel import SQLModel, Field, Relationship
class L(SQLModel, table=True):
    a: Optional[int] = Field(default=None, foreign_key="t.id", primary_key=True)
    b: Optional[int] = Field(default=None, foreign_key="p.id", primary_key=True)
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    ps: List["P"] = Relationship(back_populates="ts", link_model=L)
class P(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    ts: List[T] = Relationship(back_populates="ps", link_model=L)
P(id=1)
# --- sm_link_no_fk | sqlalchemy.exc.NoForeignKeysError 11
from typing import Optional, List
from sqlmodel import SQLModel, Field, Relationship
class L(SQLModel, table=True):
    a: Optional[int] = Field(default=None, foreign_key="t.id", primary_key=True)
    b: Optional[int] = Field(default=None, primary_key=True)
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    ps: List["P"] = Relationship(link_model=L)
class P(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
P(id=1)
# --- sm_list_field | ValueError 3
from typing import List
from sqlmodel import SQLModel, Field
class T(SQLModel, table=True):
    id: int = Field(primary_key=True)
    tags: List[str]
# --- sm_rel_forgotten | ValueError 3
from typing import List
from sqlmodel import SQLModel, Field
class T(SQLModel, table=True):
    id: int = Field(primary_key=True)
    tags: List["P"] = []
# --- sm_sa_relationship | starts
from typing import Optional, List
from sqlalchemy.orm import relationship
from sqlmodel import SQLModel, Field, Relationship
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    ps: List["P"] = Relationship(sa_relationship_kwargs={"cascade": "all, delete-orphan", "lazy": "selectin"})
    x: Optional["P"] = Relationship(sa_relationship=relationship("P", viewonly=True, uselist=False))
class P(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    tid: Optional[int] = Field(default=None, foreign_key="t.id")
P(id=1)
# --- sm_two_fks | sqlalchemy.exc.AmbiguousForeignKeysError 10
from typing import Optional, List
from sqlmodel import SQLModel, Field, Relationship
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
class P(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    a: Optional[int] = Field(default=None, foreign_key="t.id")
    b: Optional[int] = Field(default=None, foreign_key="t.id")
    t: Optional[T] = Relationship()
P(id=1)
# --- sm_two_fks_ok | starts
from typing import Optional, List
from sqlmodel import SQLModel, Field, Relationship
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
class P(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    a: Optional[int] = Field(default=None, foreign_key="t.id")
    b: Optional[int] = Field(default=None, foreign_key="t.id")
    t: Optional[T] = Relationship(sa_relationship_kwargs={"foreign_keys": "P.a"})
P(id=1)
# --- sm_two_fks_typo | AttributeError 9
from typing import Optional, List
from sqlmodel import SQLModel, Field, Relationship
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
class P(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    a: Optional[int] = Field(default=None, foreign_key="t.id")
    t: Optional[T] = Relationship(sa_relationship_kwargs={"foreign_keys": "[P.aa]"})
P(id=1)
# --- sm_table_twice | sqlalchemy.exc.InvalidRequestError 5
from typing import Optional
from sqlmodel import SQLModel, Field
class A(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
class A(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
# --- sm_create_all_before | starts
from typing import Optional
from sqlmodel import SQLModel, Field, create_engine, Session, select
e = create_engine("sqlite:///./x.db", echo=True, connect_args={"check_same_thread": False})
class A(SQLModel, table=True):
    __tablename__ = "things"
    __table_args__ = {"extend_existing": True}
    id: Optional[int] = Field(default=None, primary_key=True)
def f():
    SQLModel.metadata.create_all(e)
f()
# --- sm_create_all_broken_rel_is_fine | starts
from typing import Optional, List
from sqlmodel import SQLModel, Field, Relationship, create_engine
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    ps: List["Q"] = Relationship(back_populates="t")
SQLModel.metadata.create_all(create_engine("sqlite://"))
# --- sm_json | starts
from typing import Optional
from sqlalchemy import Column, JSON
from sqlmodel import SQLModel, Field
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    meta: dict = Field(default_factory=dict, sa_column=Column(JSON))
    b: dict = Field(default_factory=dict, sa_type=JSON)
# --- sm_dict | ValueError 3
from typing import Optional
from sqlmodel import SQLModel, Field
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    meta: dict = {}
# --- sm_metadata_field | sqlalchemy.exc.InvalidRequestError 3
from typing import Optional
from sqlmodel import SQLModel, Field
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    metadata: str = ""
