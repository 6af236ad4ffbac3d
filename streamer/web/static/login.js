// The login page in the reader's language; the form itself works without any of this.

import { translatePage } from "./texts.js";

translatePage();
document.getElementById("wrong").hidden = !new URLSearchParams(location.search).has("wrong");
