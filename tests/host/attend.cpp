// SPDX-License-Identifier: Apache-2.0
// Attention on the host against its definition in double, bit-identical with one, two and three threads.
#include <catch2/catch.hpp>

#include <string>

#include <coco/host/host.hpp>

#include "conformance/attention.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("attend: equals its definition, gradients equal difference quotients", "[attend]", float,
                   double) {
    BasicHost<TestType> on(2);
    const auto check = [&](const std::string& name, const conformance::AttentionTrial<TestType>& trial) {
        INFO(name << ", dropout " << trial.dropout);
        conformance::equals_naive(on, trial, conformance::gradient_tolerance<TestType>);
    };
    conformance::attention_trials<TestType>(check);
    conformance::long_attention_trials<TestType>(check);
}

TEMPLATE_TEST_CASE("attend: bit-identical for any number of threads", "[attend][threads]", float, double) {
    BasicHost<TestType> one(1), two(2), three(3);
    const auto check = [&](const std::string& name, const conformance::AttentionTrial<TestType>& trial) {
        INFO(name << ", dropout " << trial.dropout);
        const auto expected = trial.run(one);
        CHECK(conformance::same_bits(expected, trial.run(two)));
        CHECK(conformance::same_bits(expected, trial.run(three)));
    };
    conformance::attention_trials<TestType>(check);
    conformance::long_attention_trials<TestType>(check);
}

TEST_CASE("attend: gradients of empty views are not computed", "[attend]") {
    BasicHost<double> on(1);
    conformance::AttentionTrial<double> t;
    t.queries = t.keys = conformance::lengths({3, 4});
    const auto in = t.inputs();
    const conformance::Held<BasicHost<double>> q(on, in.q), k(on, in.k), v(on, in.v), dout(on, in.dout);
    conformance::Held<BasicHost<double>> out(on, in.q), statistics(on, 7, 1), dv(on, in.v), all_dq(on, in.q),
        all_dk(on, in.k), all_dv(on, in.v);
    Workspace<BasicHost<double>> work(on);
    Attention<BasicHost<double>> shape;
    shape.queries = shape.keys = conformance::segments(on, t.queries, work);
    on.attend(shape, {q.in(), k.in(), v.in(), {}, {}}, out.out(), statistics.out());
    on.attend_backward(shape, {q.in(), k.in(), v.in(), {}, {}}, out.in(), statistics.in(), dout.in(),
                       {{}, {}, dv.out(), {}, {}});
    on.attend_backward(shape, {q.in(), k.in(), v.in(), {}, {}}, out.in(), statistics.in(), dout.in(),
                       {all_dq.out(), all_dk.out(), all_dv.out(), {}, {}});
    std::vector<double> alone, together;
    dv.append(alone);
    all_dv.append(together);
    CHECK(conformance::same_bits(alone, together));
}
