// Goes on once every app was told, or has not answered for a while. Without this script there is a button.
"use strict";
const on = () => location.replace(document.getElementById("next").href);
addEventListener("load", on);
setTimeout(on, 4000);
