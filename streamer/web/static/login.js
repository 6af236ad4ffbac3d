// The login: a token comes in; the server answers with a cookie that no script can read, or says that it is the wrong one.

import { t, translatePage } from "./texts.js";

const form = document.getElementById("login");
const wrong = document.getElementById("wrong");

translatePage();
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  wrong.textContent = "";
  try {
    const response = await fetch("/login", { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (response.ok) return location.replace("/");
    wrong.textContent = t("wrong-token");
  } catch {
    wrong.textContent = t("no-answer");
  }
  form.elements.token.select();
});
