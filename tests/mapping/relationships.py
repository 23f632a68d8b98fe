# When mappers are configured, and what relationships then need.
# --- trigger_create_all | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
B.metadata.create_all(create_engine("sqlite://"))
# --- trigger_select | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
select(U)
# --- trigger_select_col | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
select(U.id)
# --- trigger_select_where | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
U.id == 1
# --- trigger_select_rel | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
U.p
# --- trigger_insert | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
insert(U)
# --- trigger_update | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
update(U)
# --- trigger_delete | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
delete(U)
# --- trigger_inspect | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
inspect(U)
# --- trigger_mapper_attr | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
U.__mapper__
# --- trigger_new | sqlalchemy.exc.InvalidRequestError 8
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
U()
# --- trigger_new_kw | sqlalchemy.exc.InvalidRequestError 8
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
U(id=1)
# --- trigger_class_mapper | sqlalchemy.exc.InvalidRequestError 8
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
class_mapper(U)
# --- trigger_func | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
select(func.count()).select_from(U)
# --- trigger_registry_configure | sqlalchemy.exc.InvalidRequestError 8
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
B.registry.configure()
# --- trigger_session | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
Session(create_engine("sqlite://"))
# --- trigger_session_query | sqlalchemy.exc.InvalidRequestError 8
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
Session(create_engine("sqlite://")).query(U)
# --- trigger_session_get | sqlalchemy.exc.InvalidRequestError 8
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
Session(create_engine("sqlite://")).get(U, 1)
# --- trigger_session_exec_text | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
Session(create_engine("sqlite://")).execute(text("select 1"))
# --- trigger_session_scalars | sqlalchemy.exc.InvalidRequestError 8
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
Session(create_engine("sqlite://")).scalars(select(U))
# --- trigger_session_exec_sel | sqlalchemy.exc.InvalidRequestError 8
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
Session(create_engine("sqlite://")).execute(select(U))
# --- trigger_select_join | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
select(U).join(U.p)
# --- trigger_table_c | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
U.__table__.c.id
# --- trigger_order | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
select(U).order_by(U.id)
# --- trigger_hasattr | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    p = relationship("Nope")
hasattr(U, "p")
# --- rel_no_fk | sqlalchemy.exc.NoForeignKeysError 11
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
configure_mappers()
# --- rel_ambiguous | sqlalchemy.exc.AmbiguousForeignKeysError 13
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[int] = mapped_column(ForeignKey("u.id"))
    b: Mapped[int] = mapped_column(ForeignKey("u.id"))
    u = relationship("U")
configure_mappers()
# --- rel_ambiguous_solved | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[int] = mapped_column(ForeignKey("u.id"))
    b: Mapped[int] = mapped_column(ForeignKey("u.id"))
    u = relationship("U", foreign_keys=[a])
    v = relationship("U", foreign_keys="P.b")
configure_mappers()
# --- rel_both_ways_fk | sqlalchemy.exc.AmbiguousForeignKeysError 13
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    pid = mapped_column(ForeignKey("p.id"))
    ps = relationship("P")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid = mapped_column(ForeignKey("u.id"))
configure_mappers()
# --- rel_fk_string_args | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P", foreign_keys="[P.uid]", primaryjoin="U.id == P.uid", order_by="P.id")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int]
configure_mappers()
# --- rel_order_by_missing | AttributeError 12
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P", order_by="P.created")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid = mapped_column(ForeignKey("u.id"))
configure_mappers()
# --- rel_foreign_keys_missing | AttributeError 12
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P", foreign_keys="P.user_id")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid = mapped_column(ForeignKey("u.id"))
configure_mappers()
# --- rel_primaryjoin_missing_class | sqlalchemy.exc.InvalidRequestError 12
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P", primaryjoin="U.id == Q.uid")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid = mapped_column(ForeignKey("u.id"))
configure_mappers()
# --- rel_self_ref | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    pid = mapped_column(ForeignKey("u.id"))
    kids = relationship("U", back_populates="parent")
    parent = relationship("U", back_populates="kids", remote_side=[id])
configure_mappers()
# --- rel_self_ref_no_remote | sqlalchemy.exc.ArgumentError 10
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    pid = mapped_column(ForeignKey("u.id"))
    kids = relationship("U", back_populates="parent")
    parent = relationship("U", back_populates="kids")
configure_mappers()
# --- rel_back_missing | sqlalchemy.exc.InvalidRequestError 12
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P", back_populates="user")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
configure_mappers()
# --- rel_back_column | sqlalchemy.exc.InvalidRequestError 12
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P", back_populates="uid")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
configure_mappers()
# --- rel_back_wrong_class | sqlalchemy.exc.ArgumentError 17
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P", back_populates="x")
class V(B):
    __tablename__ = "v"
    id: Mapped[int] = mapped_column(primary_key=True)
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
    vid: Mapped[int] = mapped_column(ForeignKey("v.id"))
    x = relationship("V")
configure_mappers()
# --- rel_back_same_direction | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P", back_populates="u")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
    u = relationship("U", back_populates="ps")
    w = relationship("P", primaryjoin="P.id == P.uid", foreign_keys="P.uid", viewonly=True)
configure_mappers()
# --- rel_back_ok | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps: Mapped[list["P"]] = relationship(back_populates="u", cascade="all, delete-orphan")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
    u: Mapped["U"] = relationship(back_populates="ps")
configure_mappers()
U(ps=[P()])
# --- rel_backref_ok | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P", backref="u", lazy="dynamic")
    qs = relationship("Q", backref=backref("u", uselist=False))
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
class Q(B):
    __tablename__ = "q"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey(U.id))
configure_mappers()
# --- rel_backref_conflict | sqlalchemy.exc.ArgumentError 13
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P", backref="u")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
    u = relationship("U", backref="ps")
configure_mappers()
# --- rel_orphan_many | sqlalchemy.exc.ArgumentError 12
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
    u = relationship("U", cascade="all, delete-orphan")
configure_mappers()
# --- rel_orphan_single | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
    u = relationship("U", cascade="all, delete-orphan", single_parent=True)
configure_mappers()
# --- rel_many_to_many | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
t = Table("t", B.metadata, Column("uid", ForeignKey("u.id"), primary_key=True), Column("pid", ForeignKey("p.id"), primary_key=True))
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps: Mapped[list["P"]] = relationship(secondary=t, back_populates="us")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    us: Mapped[list["U"]] = relationship(secondary="t", back_populates="ps")
configure_mappers()
# --- rel_secondary_missing | sqlalchemy.exc.InvalidRequestError 11
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps: Mapped[list["P"]] = relationship(secondary="t")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
configure_mappers()
# --- rel_secondary_no_fk | sqlalchemy.exc.NoForeignKeysError 12
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
t = Table("t", B.metadata, Column("uid", ForeignKey("u.id"), primary_key=True), Column("pid", Integer, primary_key=True))
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps: Mapped[list["P"]] = relationship(secondary=t)
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
configure_mappers()
# --- rel_secondary_other_metadata | sqlalchemy.exc.NoReferencedTableError 12
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
t = Table("t", MetaData(), Column("uid", ForeignKey("u.id"), primary_key=True), Column("pid", ForeignKey("p.id"), primary_key=True))
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps: Mapped[list["P"]] = relationship(secondary=t)
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
configure_mappers()
# --- rel_other_base | sqlalchemy.exc.InvalidRequestError 13
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class C(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P")
class P(C):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
configure_mappers()
# --- rel_other_base_class | sqlalchemy.exc.NoReferencedTableError 13
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class C(DeclarativeBase): pass
class P(C):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship(P)
configure_mappers()
# --- rel_unmapped_target | sqlalchemy.orm.exc.UnmappedClassError 9
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class P: pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship(P)
configure_mappers()
# --- rel_lambda_target | sqlalchemy.exc.NoForeignKeysError 11
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship(lambda: P)
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
configure_mappers()
# --- rel_dotted_target | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("main.P")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
configure_mappers()
# --- rel_dotted_missing | sqlalchemy.exc.InvalidRequestError 12
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("models.P")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
configure_mappers()
# --- rel_generic_target | sqlalchemy.exc.InvalidRequestError 8
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("List[P]")
configure_mappers()
# --- rel_fk_typo_column | sqlalchemy.exc.NoReferencedColumnError 12
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.idd"))
configure_mappers()
# --- rel_fk_typo_table | sqlalchemy.exc.NoForeignKeysError 12
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("user.id"))
configure_mappers()
# --- rel_fk_schema | sqlalchemy.exc.NoReferencedTableError 13
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "users"
    __table_args__ = {"schema": "auth"}
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("users.id"))
configure_mappers()
# --- rel_fk_schema_ok | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "users"
    __table_args__ = {"schema": "auth"}
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("auth.users.id"))
configure_mappers()
# --- rel_metadata_schema_ok | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class C(DeclarativeBase):
    metadata = MetaData(schema="auth")
class U(C):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P")
class P(C):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("users.id"))
configure_mappers()
C.metadata.create_all(create_engine("sqlite://"), tables=[])
# --- rel_composite_fk | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
from sqlalchemy import ForeignKeyConstraint
class U(B):
    __tablename__ = "u"
    a: Mapped[int] = mapped_column(primary_key=True)
    b: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    ua: Mapped[int]
    ub: Mapped[int]
    __table_args__ = (ForeignKeyConstraint(["ua", "ub"], ["u.a", "u.b"]),)
configure_mappers()
# --- rel_inherit_joined | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "u"}
class E(U):
    __tablename__ = "e"
    id: Mapped[int] = mapped_column(ForeignKey("u.id"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "e"}
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
    u = relationship("E")
    w = relationship("U", viewonly=True)
configure_mappers()
# --- rel_mixin_declared | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
from sqlalchemy.orm import declared_attr
class M:
    id: Mapped[int] = mapped_column(primary_key=True)
    @declared_attr.directive
    def __tablename__(cls): return cls.__name__.lower()
    @declared_attr
    def uid(cls) -> Mapped[int]: return mapped_column(ForeignKey("u.id"))
    @declared_attr
    def owner(cls) -> Mapped["U"]: return relationship("U", foreign_keys=[cls.uid])
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
class P(M, B): pass
class Q(M, B): pass
configure_mappers()
# --- rel_mixin_column_fk | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class M:
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P")
    qs = relationship("Q")
class P(M, B):
    __tablename__ = "p"
class Q(M, B):
    __tablename__ = "q"
configure_mappers()
# --- rel_base_common_columns | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class C(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)
    note: Mapped[str]
class U(C):
    __tablename__ = "u"
    ps = relationship("P")
class P(C):
    __tablename__ = "p"
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
configure_mappers()
# --- rel_createall_fk_missing | sqlalchemy.exc.NoReferencedTableError 8
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("users.id"))
B.metadata.create_all(create_engine("sqlite://"))
# --- rel_createall_fk_column_missing | sqlalchemy.exc.NoReferencedColumnError 11
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("users.uid"))
B.metadata.create_all(create_engine("sqlite://"))
# --- rel_createall_ok | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("users.id"))
B.metadata.create_all(create_engine("sqlite://"))
B.metadata.create_all(bind=create_engine("sqlite://"), checkfirst=True)
# --- rel_createall_in_begin | sqlalchemy.exc.NoReferencedTableError 9
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("users.id"))
with create_engine("sqlite://").begin() as c:
    B.metadata.create_all(c)
# --- rel_multi_classes | sqlalchemy.exc.InvalidRequestError 16
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
class P(B):
    __tablename__ = "p2"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
configure_mappers()
# --- rel_assoc_object | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class A(B):
    __tablename__ = "a"
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"), primary_key=True)
    pid: Mapped[int] = mapped_column(ForeignKey("p.id"), primary_key=True)
    u: Mapped["U"] = relationship(back_populates="links")
    p: Mapped["P"] = relationship(back_populates="links")
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    links: Mapped[list["A"]] = relationship(back_populates="u")
    ps: Mapped[list["P"]] = relationship(secondary="a", viewonly=True)
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    links: Mapped[list["A"]] = relationship(back_populates="p")
configure_mappers()
# --- rel_secondary_class | sqlalchemy.exc.ArgumentError 15
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class A(B):
    __tablename__ = "a"
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"), primary_key=True)
    pid: Mapped[int] = mapped_column(ForeignKey("p.id"), primary_key=True)
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps: Mapped[list["P"]] = relationship(secondary="A")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
configure_mappers()
# --- rel_viewonly_no_fk | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
    ps = relationship("P", viewonly=True, primaryjoin="foreign(U.id) == remote(P.id)")
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
configure_mappers()
# --- rel_rel_attr_later | starts
from sqlalchemy import ForeignKey, select, insert, update, delete, inspect, func, Table, Column, Integer, MetaData, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, configure_mappers, Session, sessionmaker, aliased, class_mapper, backref
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
class P(B):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(ForeignKey("u.id"))
    u = relationship("U", back_populates="ps")
U.ps = relationship("P", back_populates="u")
configure_mappers()
