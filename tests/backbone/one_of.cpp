// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/backbone/bert4rec.hpp>
#include <coco/backbone/bsarec.hpp>
#include <coco/backbone/one_of.hpp>
#include <coco/backbone/sasrec.hpp>

#include "backbone/reference.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using backbone::BERT4Rec;
using backbone::BSARec;
using backbone::SASRec;

namespace {

using Any = backbone::OneOf<SASRec, BSARec, BERT4Rec>;
static_assert(Backbone<Any>);

Any::Config named(const char* name) {
    Any::Config config;
    config.name = name;
    config.window = 17;
    std::apply([](auto&... each) { ((each = test::small_backbone<std::decay_t<decltype(each)>>()), ...); },
               config.of);
    std::get<BSARec::Config>(config.of).encoder.width = 10;
    std::get<BSARec::Config>(config.of).cutoff = 1;
    return config;
}

/// Both with the same values: those of PyTorch's files go to the tensors by name.
template <class B>
struct Chosen : Any {
    struct Config : B::Config {};
    static Any::Config inside(const typename B::Config& config) {
        Any::Config any;
        any.name = B::setting_name;
        any.window = config.window;
        std::get<typename B::Config>(any.of) = config;
        return any;
    }
    Chosen(ParameterLayout& layout, const Config& config) : Any(layout, inside(config)) {}
};

}  // namespace

TEST_CASE("a chosen backbone passes the conformance test of a backbone", "[one_of]") {
    for (const char* name : {"sasrec", "bsarec", "bert4rec"}) {
        INFO(name);
        conformance::backbone<Any>(named(name));
    }
}

TEST_CASE("a chosen backbone is that backbone", "[one_of]") {
    test::equals_reference<Chosen<SASRec>>({test::small_backbone<SASRec::Config>()}, "sasrec");
    test::equals_reference<Chosen<BERT4Rec>>({test::small_backbone<BERT4Rec::Config>()}, "bert4rec");
    ParameterLayout layout;
    CHECK(!Any(layout, named("sasrec")).sees_later_items());
    ParameterLayout other;
    CHECK(Any(other, named("bsarec")).sees_later_items());
    ParameterLayout third;
    CHECK(Any(third, named("bert4rec")).masks_items());
    CHECK(named("sasrec").width() == 8);
    CHECK(named("bsarec").width() == 10);
}

TEST_CASE("an unknown backbone is an error that lists the known ones", "[one_of]") {
    ParameterLayout layout;
    CHECK_THROWS_WITH(Any(layout, named("gru")),
                      "backbone.name: unknown name: expected one of sasrec, bsarec, bert4rec, found gru");
    CHECK_THROWS_AS(named("gru").width(), Error);
}
