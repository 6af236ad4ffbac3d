// What a reader could not read on the page: two lists of elements come back, as the beginnings of their HTML.
() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const parts = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const light = ([red, green, blue]) => 0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255);
  // The nearest colour behind that nothing shines through.
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parts(getComputedStyle(node).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return [255, 255, 255];
  };
  const contrast = (node) => {
    const [one, other] = [light(parts(getComputedStyle(node).color)), light(behind(node))];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  const hasText = (node) => [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
  const shown = [...document.querySelectorAll("body *")].filter((node) => node.checkVisibility() && !node.closest("option, .skip"));
  const told = (nodes) => nodes.map((node) => node.outerHTML.slice(0, 120));
  return {
    stickingOut: told(shown.filter((node) => node.getBoundingClientRect().right > innerWidth + 1 && !node.closest(".funnel"))),
    tooPale: told(shown.filter((node) => !node.closest("svg") && hasText(node) && contrast(node) < 4.5)),
  };
}
