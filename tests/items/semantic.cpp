// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/items/semantic.hpp>
#include <coco/items/table.hpp>

#include "conformance/items.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

items::Semantic::Config with_columns(bool map) {
    items::Semantic::Config config;
    config.columns = 3;
    config.map = map;
    config.kappa = [](std::span<float> to) {
        RandomStream random(4);
        for (float& v : to) v = static_cast<float>(random.normal());
    };
    return config;
}

}  // namespace

TEST_CASE("items::Semantic passes the conformance test of items, with a map and without", "[items]") {
    conformance::items<items::Semantic>(with_columns(true));
    conformance::items<items::Semantic>(with_columns(false));
    conformance::items<items::Semantic>(with_columns(true), 700, 16);
}

TEST_CASE("semantic items: E + kappa W', or a table's vectors", "[items]") {
    for (const bool map : {true, false}) {
        ParameterLayout layout, plain;
        const items::Semantic items(layout, with_columns(map), 4, 2);
        const items::Table table(plain, {}, 4, 2);
        P on = conformance::policy<P>(1);
        Workspace<P> work(on);
        const Parameters<P> parameters(on, layout, 5), others(on, plain, 5);
        Context<P> ctx = parameters.context(on, work), theirs = others.context(on, work);
        const auto saved = items.forward(ctx);
        CHECK(items.columns() == 3);
        const conformance::Numbers vectors = conformance::downloaded<P>(on, saved.vectors);
        const conformance::Numbers e = conformance::downloaded<P>(on, table.forward(theirs).vectors);
        const conformance::Numbers kappa = conformance::downloaded<P>(on, saved.kappa);
        if (!map) {
            CHECK(vectors == e);
            continue;
        }
        const conformance::Numbers w = conformance::downloaded<P>(
            on, CRows<P>(parameters.view(layout.tensor("item_text_map.weight").ref)));
        for (std::size_t i = 0; i < 4; ++i)
            for (std::size_t j = 0; j < 2; ++j) {
                double sum = e[i * 2 + j];
                for (std::size_t k = 0; k < 3; ++k) sum += kappa[i * 3 + k] * w[j * 3 + k];
                CHECK(vectors[i * 2 + j] == Approx(sum).epsilon(1e-12));
            }
    }
}

TEST_CASE("semantic items without columns are an error", "[items]") {
    ParameterLayout layout;
    CHECK_THROWS_WITH(items::Semantic(layout, {}, 4, 2),
                      "items::Semantic: no semantic columns: expected Config::kappa and Config::columns, for "
                      "instance from items::SemanticSpace");
}
