# What programs do with mapped classes while they are imported.
# --- annotation_alone_is_an_attribute | starts
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    age: Mapped[int]
grown = select(U).where(U.age > 17).order_by(U.age.desc())
one = U(id=1, age=20)
# --- annotation_alone_no_other_name | AttributeError 8
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    age: Mapped[int]

U.size
# --- constructor_unknown_name | TypeError 8
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    age: Mapped[int]

U(id=1, size=2)
# --- attributes_of_instrumented_columns | starts
from sqlalchemy import ForeignKey, exists, func
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship, synonym
class B(DeclarativeBase): pass
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    u_id: Mapped[int] = mapped_column(ForeignKey("u.id"))
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    alias: Mapped[str] = synonym("name")
    posts: Mapped[list[P]] = relationship()
    many: Mapped[int] = column_property(exists().where(P.u_id == id))
keys = [column.key for column in (U.id, U.name, U.alias)]
parts = [U.name.label("n"), func.lower(U.name), U.posts.any(P.id == 1), U.posts.of_type(P), U.many.label("m")]
# --- backref_makes_an_attribute | starts
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import configure_mappers, declarative_base, relationship
B = declarative_base()
class U(B):
    __tablename__ = "u"
    id = Column(Integer, primary_key=True)
    posts = relationship("P", backref="author")
class P(B):
    __tablename__ = "p"
    id = Column(Integer, primary_key=True)
    u_id = Column(ForeignKey("u.id"))
configure_mappers()
P.author
# --- is_it_a_mapped_class | starts
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class B(DeclarativeBase): pass
def register(model):
    if not hasattr(model, "__mapper__"):
        raise TypeError("no model")
    return model
@register
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
# --- is_it_a_mapped_class_no | TypeError 5
from sqlalchemy.orm import DeclarativeBase
class B(DeclarativeBase): pass
def register(model):
    if not hasattr(model, "__mapper__"):
        raise TypeError("no model")
    return model
@register
class U(B):
    __abstract__ = True
# --- sqlmodel_objects | starts
from typing import Optional
from sqlmodel import Field, SQLModel, select
class T(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    name: str
class C(SQLModel):
    name: str
row = T.model_validate(C(name="a"))
row.sqlmodel_update({"name": "b"})
copy = C(name="x").model_copy(update={"name": "y"})
asked = select(T).where(T.name == copy.name)
