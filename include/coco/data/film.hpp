// SPDX-License-Identifier: Apache-2.0
/// \file
/// Converts film titles from catalogue order ("Usual Suspects, The (1995)") to natural order ("The Usual
/// Suspects", 1995), which is the form that people and language models use.
#pragma once

#include <array>
#include <cctype>
#include <string>
#include <string_view>

namespace coco::data {

/// A title and, where it was given in brackets at the end, the year.
struct FilmTitle {
    std::string title;
    std::string year;
};

/// Moves a trailing article to the front: "Misérables, Les" -> "Les Misérables", "Eau, L'" -> "L'Eau".
inline std::string article_first(std::string_view title) {
    static constexpr std::array<std::string_view, 23> articles{
        "The", "A",   "An",  "Le", "La",  "Les", "L'",  "Un",  "Une", "Des", "Il", "Lo",
        "I",   "Gli", "Una", "El", "Los", "Las", "Der", "Die", "Das", "Ein", "O"};
    const std::size_t comma = title.rfind(", ");
    if (comma != std::string_view::npos && comma > 0)
        for (const std::string_view article : articles)
            if (title.substr(comma + 2) == article)
                return std::string(article) + (article.back() == '\'' ? "" : " ") +
                       std::string(title.substr(0, comma));
    return std::string(title);
}

/// Removes the year from the end and moves articles to the front, in the title and in alternative titles that
/// follow in brackets: "City of Lost Children, The (Cité des enfants perdus, La) (1995)" ->
/// "The City of Lost Children (La Cité des enfants perdus)", "1995".
inline FilmTitle film_title(std::string_view text) {
    FilmTitle film;
    const auto trim = [](std::string_view part) {
        while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
        while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
        return part;
    };
    text = trim(text);
    if (text.size() >= 6 && text.back() == ')' && text[text.size() - 6] == '(') {
        const std::string_view year = text.substr(text.size() - 5, 4);
        bool digits = true;
        for (const char c : year) digits = digits && std::isdigit(static_cast<unsigned char>(c)) != 0;
        if (digits) {
            film.year = year;
            text = trim(text.substr(0, text.size() - 6));
        }
    }
    std::string_view head = text.substr(0, text.find('('));
    film.title = article_first(trim(head));
    for (text.remove_prefix(head.size()); !text.empty();) {
        const std::size_t end = text.find(')');
        if (text.front() != '(' || end == std::string_view::npos) {
            film.title += ' ';
            film.title += trim(text);
            break;
        }
        if (!film.title.empty()) film.title += ' ';
        film.title += '(';
        film.title += article_first(trim(text.substr(1, end - 1)));
        film.title += ')';
        text = trim(text.substr(end + 1));
    }
    return film;
}

}  // namespace coco::data
