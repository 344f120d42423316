// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/film.hpp>

using coco::data::film_title;

TEST_CASE("film titles are converted to their usual form", "[data][film]") {
    CHECK(film_title("Usual Suspects, The (1995)").title == "The Usual Suspects");
    CHECK(film_title("Usual Suspects, The (1995)").year == "1995");
    CHECK(film_title("Toy Story").title == "Toy Story");
    CHECK(film_title("Toy Story").year.empty());
    CHECK(film_title("Mis\xc3\xa9rables, Les").title == "Les Mis\xc3\xa9rables");
    CHECK(film_title("Eau froide, L' (1994)").title == "L'Eau froide");
    CHECK(film_title("Shanghai Triad (Yao a yao yao dao waipo qiao) (1995)").title ==
          "Shanghai Triad (Yao a yao yao dao waipo qiao)");
    CHECK(film_title("Postino, Il").title == "Il Postino");
    CHECK(film_title("City of Lost Children, The (Cite des enfants perdus, La) (1995)").title ==
          "The City of Lost Children (La Cite des enfants perdus)");
}

TEST_CASE("unusual titles are not changed", "[data][film]") {
    CHECK(film_title("").title.empty());
    CHECK(film_title("(500) Days (2009)").title == "(500) Days");
    CHECK(film_title("Open (bracket").title == "Open (bracket");
    CHECK(film_title("Me, Myself, I and You").title == "Me, Myself, I and You");
    CHECK(film_title("2001: A Space Odyssey (1968)").title == "2001: A Space Odyssey");
    CHECK(film_title(", The").title == ", The");
}
