from fastapi import FastAPI, Form

app = FastAPI()


@app.post("/")
def sent(name: str = Form()):
    return name
