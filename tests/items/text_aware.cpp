// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/items/text_aware.hpp>

#include "laws/here.hpp"
#include "laws/items.hpp"

using namespace coco;
using P = laws::Here<double>;

namespace {

items::TextAware::Config with_texts() {
    items::TextAware::Config config;
    config.text_width = 3;
    config.texts = [](std::span<float> to) {
        Draw draw(4);
        for (float& v : to) v = static_cast<float>(draw.normal());
    };
    return config;
}

}  // namespace

TEST_CASE("text-aware items obey the law of items", "[items]") {
    laws::items<items::TextAware>(with_texts());
    laws::items<items::TextAware>(with_texts(), 700, 16);
}

TEST_CASE("a text-aware vector is E + T W', written out", "[items]") {
    Layout layout;
    const items::TextAware items(layout, with_texts(), 4, 2);
    P on = laws::policy<P>(1);
    Workspace<P> work(on);
    const Parameters<P> parameters(on, layout, 5);
    Run<P> run = parameters.run(on, work);
    const auto kept = items.forward(run);
    CHECK(kept.gradient.empty());
    const auto value = [&](const char* name) {
        return laws::fetched<P>(on, parameters.view(layout.tensor(name).slot));
    };
    const laws::Numbers vectors = laws::fetched<P>(on, kept.vectors);
    const laws::Numbers e = value("item"), t = value("item_text"), w = value("item_text_map.weight");
    for (Index i = 0; i < 4; ++i)
        for (Index j = 0; j < 2; ++j) {
            double sum = e[static_cast<std::size_t>(i * 2 + j)];
            for (Index k = 0; k < 3; ++k)
                sum += t[static_cast<std::size_t>(i * 3 + k)] * w[static_cast<std::size_t>(j * 3 + k)];
            CHECK(vectors[static_cast<std::size_t>(i * 2 + j)] == Approx(sum).epsilon(1e-12));
        }
}

TEST_CASE("text-aware items without texts are refused", "[items]") {
    Layout layout;
    CHECK_THROWS_WITH(items::TextAware(layout, {}, 4, 2),
                      "items::TextAware: no text vectors: expected Config::texts and Config::text_width");
}
