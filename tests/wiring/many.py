"""Writes a backend of 1,000 routes in 50 routers; every handler that runs leaves a line in ran.log.

    python many.py DIRECTORY
"""

import sys
from pathlib import Path

root = Path(sys.argv[1]) / "app"
(root / "routers").mkdir(parents=True)
(root / "__init__.py").touch()
(root / "routers" / "__init__.py").touch()
(root / "ran.py").write_text(
    "from pathlib import Path\n\n\n"
    "def ran(name):\n"
    '    with Path(__file__).with_name("ran.log").open("a") as log:\n'
    '        log.write(name + "\\n")\n'
)
main = ["from fastapi import FastAPI", ""]
for number in range(50):
    main.append(f"from app.routers import part{number}")
    lines = [
        "from fastapi import APIRouter",
        "from pydantic import BaseModel",
        "",
        "from app.ran import ran",
        "",
        f'router = APIRouter(prefix="/part{number}", tags=["part{number}"])',
        "",
        "",
        "class Item(BaseModel):",
        "    name: str",
        "",
    ]
    for route in range(20):
        method, path, parameters = [
            ("get", f"/plain{route}", ""),
            ("get", f"/item{route}/{{item_id}}", "item_id: int"),
            ("post", f"/item{route}", "item: Item"),
            ("delete", f"/item{route}/{{item_id}}/gone", "item_id: str"),
        ][route % 4]
        lines += [
            "",
            f'@router.{method}("{path}")',
            f"async def handler_{route}({parameters}):",
            f'    ran("{number}/{route}")',
            "    return {}",
            "",
        ]
    (root / "routers" / f"part{number}.py").write_text("\n".join(lines))
main += ["", "app = FastAPI()"]
main += [f"app.include_router(part{n}.router, prefix=\"/api\")" for n in range(50)]
(root / "main.py").write_text("\n".join(main) + "\n")
