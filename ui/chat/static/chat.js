document.querySelector("#gisa-told");
