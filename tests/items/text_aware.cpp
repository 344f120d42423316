// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/items/text_aware.hpp>

#include "conformance/items.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

items::TextAware::Config with_texts() {
    items::TextAware::Config config;
    config.text_width = 3;
    config.texts = [](std::span<float> to) {
        RandomStream random(4);
        for (float& v : to) v = static_cast<float>(random.normal());
    };
    return config;
}

}  // namespace

TEST_CASE("items::TextAware passes the conformance test of items", "[items]") {
    conformance::items<items::TextAware>(with_texts());
    conformance::items<items::TextAware>(with_texts(), 700, 16);
}

TEST_CASE("a text-aware vector is E + T W'", "[items]") {
    ParameterLayout layout;
    const items::TextAware items(layout, with_texts(), 4, 2);
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    const Parameters<P> parameters(on, layout, 5);
    Context<P> ctx = parameters.context(on, work);
    const auto saved = items.forward(ctx);
    CHECK(saved.gradient.empty());
    const auto value = [&](const char* name) {
        return conformance::downloaded<P>(on, parameters.view(layout.tensor(name).ref));
    };
    const conformance::Numbers vectors = conformance::downloaded<P>(on, saved.vectors);
    const conformance::Numbers e = value("item"), t = value("item_text"), w = value("item_text_map.weight");
    for (Index i = 0; i < 4; ++i)
        for (Index j = 0; j < 2; ++j) {
            double sum = e[static_cast<std::size_t>(i * 2 + j)];
            for (Index k = 0; k < 3; ++k)
                sum += t[static_cast<std::size_t>(i * 3 + k)] * w[static_cast<std::size_t>(j * 3 + k)];
            CHECK(vectors[static_cast<std::size_t>(i * 2 + j)] == Approx(sum).epsilon(1e-12));
        }
}

TEST_CASE("text-aware items without texts are an error", "[items]") {
    ParameterLayout layout;
    CHECK_THROWS_WITH(items::TextAware(layout, {}, 4, 2),
                      "items::TextAware: no text vectors: expected Config::texts and Config::text_width");
}
