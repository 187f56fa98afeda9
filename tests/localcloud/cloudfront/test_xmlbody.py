import pytest
from botocore.session import Session

from tidegate.localcloud.cloudfront.errors import CloudFrontError
from tidegate.localcloud.cloudfront.xmlbody import MalformedBodyError, parse_structure, render

MODEL = Session().get_service_model("cloudfront")
NAMESPACE = "http://cloudfront.amazonaws.com/doc/2020-05-31/"


def test_what_is_written_is_read_again() -> None:
    shape = MODEL.shape_for("InvalidationBatch")
    value = {"Paths": {"Quantity": 2, "Items": ["/<a>&*", "/ü"]}, "CallerReference": "r"}
    assert parse_structure(shape, render(shape, value, NAMESPACE)) == value


def test_items_have_the_names_of_the_model() -> None:
    text = render(MODEL.shape_for("Aliases"), {"Quantity": 1, "Items": ["a.example"]}, NAMESPACE).decode()
    assert "<Items><CNAME>a.example</CNAME></Items>" in text


def test_scalars_by_type() -> None:
    shape = MODEL.shape_for("KeyValueStore")
    text = render(shape, {"Name": "n", "LastModifiedTime": 1_700_000_000.5}, NAMESPACE).decode()
    assert "<LastModifiedTime>2023-11-14T22:13:20.500Z</LastModifiedTime>" in text
    blob = MODEL.shape_for("CreateFunctionRequest")
    assert parse_structure(blob, b"<R><FunctionCode>aGk=</FunctionCode></R>") == {"FunctionCode": b"hi"}


def test_unknown_elements_are_passed_over() -> None:
    shape = MODEL.shape_for("InvalidationBatch")
    assert parse_structure(shape, b"<R><CallerReference>r</CallerReference><Other>1</Other></R>") == {
        "CallerReference": "r"
    }


@pytest.mark.parametrize(
    ("shape", "body", "reason"),
    [
        ("InvalidationBatch", b"", "malformed"),
        ("InvalidationBatch", b"not xml", "malformed"),
        ("InvalidationBatch", b"<a><b></a>", "malformed"),
        ("Paths", b"<P><Quantity>two</Quantity></P>", "Paths.Quantity: 'two' is not a number"),
        ("DistributionConfig", b"<D><Enabled>yes</Enabled></D>", "Enabled: 'yes' is not true or false"),
        ("DistributionConfig", b"<D><PriceClass>none</PriceClass></D>", "enum value set"),
        ("CreateFunctionRequest", b"<R><FunctionCode>*</FunctionCode></R>", "not base64"),
    ],
)
def test_bodies_that_do_not_fit(shape: str, body: bytes, reason: str) -> None:
    with pytest.raises(MalformedBodyError, match=reason):
        parse_structure(MODEL.shape_for(shape), body)


def test_entities_do_not_multiply() -> None:
    layers = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 8))
    bomb = f'<!DOCTYPE R [<!ENTITY e0 "{"x" * 100}">{layers}]><R><CallerReference>&e7;</CallerReference></R>'
    with pytest.raises(MalformedBodyError):
        parse_structure(MODEL.shape_for("InvalidationBatch"), bomb.encode())


def test_a_list_has_as_many_items_as_it_says() -> None:
    with pytest.raises(CloudFrontError) as refused:
        parse_structure(MODEL.shape_for("Paths"), b"<P><Quantity>2</Quantity><Items><Path>/a</Path></Items></P>")
    assert refused.value.code == "InconsistentQuantities"
