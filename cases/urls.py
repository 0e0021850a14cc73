from django.urls import path

from cases.views import acts, answering, inbox, making, merging, original

urlpatterns = [
    path("cases/", inbox.cases, name="cases"),
    path("cases/new/", making.create_case, name="create_case"),
    path("cases/act/", acts.act_on_cases, name="act_on_cases"),
    path("cases/act/undo/", acts.undo_act, name="undo_act"),
    path("settings/cases/", making.case_settings, name="case_settings"),
    path("cases/<int:case_id>/", inbox.case_page, name="case_page"),
    path("cases/<int:case_id>/conversation/", inbox.case_conversation, name="case_conversation"),
    path("cases/<int:case_id>/answer/", answering.answer_case, name="answer_case"),
    path("cases/<int:case_id>/draft/", answering.keep_case_draft, name="keep_case_draft"),
    path("cases/<int:case_id>/assign/", acts.assign_case, name="assign_case"),
    path("cases/<int:case_id>/change/", acts.change_case, name="change_case"),
    path("cases/<int:case_id>/solve/", acts.solve_case, name="solve_case"),
    path("cases/<int:case_id>/reopen/", acts.reopen_case, name="reopen_case"),
    path("cases/<int:case_id>/close/", acts.close_case, name="close_case"),
    path("cases/<int:case_id>/merge/", merging.merge_case, name="merge_case"),
    path("cases/merges/<int:case_merge_id>/undo/", merging.undo_case_merge, name="undo_case_merge"),
    path("cases/messages/<int:case_message_id>/", original.original_message, name="original_message"),
    path("cases/messages/<int:case_message_id>/pictures/", original.show_remote_pictures, name="show_remote_pictures"),
    path("cases/messages/<int:case_message_id>/take-back/", answering.take_back_answer, name="take_back_answer"),
    path("cases/messages/<int:case_message_id>/again/", answering.send_answer_again, name="send_answer_again"),
]
