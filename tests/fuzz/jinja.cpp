// SPDX-License-Identifier: Apache-2.0
// A chat template of any bytes: it renders, or it is an error; what it renders is the same each time.
#include <string>

#include <coco/io/chat_template.hpp>

#include "fuzz.hpp"

void fuzz(std::string_view input) {
    coco::io::ChatTemplate chat(input, "fuzz");
    chat.set_token("bos_token", "<s>");
    const coco::text::Message messages[] = {
        {"system", "Be short."}, {"user", "Käse"}, {"assistant", "<think>a</think>b"}};
    promise(input.find("strftime_now") != std::string_view::npos ||
                chat.render(messages) == chat.render(messages),
            "a template renders the same text twice");
}
