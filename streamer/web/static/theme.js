// Before the first paint, so that nobody who chose the dark sees a white flash: the chosen theme and language.
(function () {
  const page = document.documentElement;
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") page.dataset.theme = theme;
    const language = localStorage.getItem("language") || navigator.language.slice(0, 2);
    page.lang = ["en", "ru", "pl"].includes(language) ? language : "en";
  } catch {
    page.lang = "en"; // storage is forbidden here: the system's theme and English do
  }
})();
