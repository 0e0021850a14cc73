from django.urls import path

from ecrm.tenancy import views, workspace_views

urlpatterns = [
    path("members/", views.members, name="members"),
    path("members/invite/", views.invite, name="invite_member"),
    path("members/invitations/<int:invitation_id>/revoke/", views.revoke_invitation, name="revoke_invitation"),
    path("members/<int:membership_id>/roles/", views.change_roles, name="change_roles"),
    path("members/<int:membership_id>/remove/", views.remove_member, name="remove_member"),
    path("members/teams/", views.add_team, name="add_team"),
    path("members/teams/<int:team_id>/", views.change_team, name="change_team"),
    path("roles/", views.role_table, name="role_table"),
    path("settings/", views.settings_index, name="settings"),
    path("settings/workspace/", views.tenant_settings, name="tenant_settings"),
    path("settings/security/", workspace_views.security, name="security"),
    path("settings/hand-over/", workspace_views.hand_over, name="hand_over"),
    path("settings/leave/", workspace_views.leave_workspace, name="leave_workspace"),
    path("settings/export/", workspace_views.export_workspace, name="export_workspace"),
    path("settings/sample/", workspace_views.sample_data, name="sample_data"),
    path("settings/close/", workspace_views.close_workspace, name="close_workspace"),
    path("settings/close/restore/", workspace_views.restore_workspace, name="restore_workspace"),
]
