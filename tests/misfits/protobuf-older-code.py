from google.protobuf import descriptor as _descriptor

DESCRIPTOR = _descriptor.FileDescriptor(
    name="thing.proto", package="", syntax="proto3", serialized_pb=b"\n\x0bthing.protob\x06proto3"
)
_THING = _descriptor.EnumValueDescriptor(name="A", index=0, number=0, serialized_options=None, type=None)
